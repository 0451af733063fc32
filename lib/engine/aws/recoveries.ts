/** So often a run is resumed without being asked to. */
export const MAX_RECOVERIES = 3;
