/** Paths of what belongs to a run. */
export const linksOf = (run: string) => ({
  self: `/runs/${run}`,
  report: `/runs/${run}/report`,
  cancel: `/runs/${run}/cancel`,
});
