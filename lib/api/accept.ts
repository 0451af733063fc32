/**
 * The type that an `Accept` header likes best (RFC 9110, 12.5.1); of several the first one offered.
 * @returns undefined when it wants none of them
 */
export function preferred<T extends string>(
  accept: string | undefined,
  offered: readonly T[],
): T | undefined {
  const ranges = (accept ?? '*/*').split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    return { type, quality: weight === undefined ? 1 : Number(weight) || 0 };
  });
  const qualityOf = (type: T): number => {
    const names = [type, `${type.split('/')[0]}/*`, '*/*'];
    // The most specific range counts, whatever its quality.
    for (const name of names) {
      const range = ranges.find((known) => known.type === name);
      if (range !== undefined) return range.quality;
    }
    return 0;
  };
  const best = Math.max(0, ...offered.map(qualityOf));
  return best === 0 ? undefined : offered.find((type) => qualityOf(type) === best);
}
