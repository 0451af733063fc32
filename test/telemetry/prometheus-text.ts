/**
 * A strict reader of the Prometheus text format 0.0.4, written from its description
 * (https://prometheus.io/docs/instrumenting/exposition_formats/) and sharing nothing with the writer.
 * It reads character by character and throws at the first thing that the description does not allow.
 */

export interface TextSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
export interface TextFamily {
  readonly help: string;
  readonly type: string;
  readonly samples: TextSample[];
}

export function readPrometheusText(text: string): Map<string, TextFamily> {
  if (text === '') return new Map();
  if (!text.endsWith('\n')) throw new Error('the last line does not end with a newline');
  const families = new Map<string, TextFamily>();
  const lines = text.slice(0, -1).split('\n');
  let current = '';
  for (let i = 0; i < lines.length; ) {
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(lines[i++]!);
    if (help === null) throw new Error(`expected HELP: ${lines[i - 1]}`);
    const type = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$/.exec(lines[i++] ?? '');
    if (type === null || type[1] !== help[1]) throw new Error(`expected TYPE of ${help[1]}: ${lines[i - 1]}`);
    current = help[1]!;
    if (families.has(current)) throw new Error(`${current} comes twice`);
    const family: TextFamily = { help: unescaped(help[2]!, '\\n'), type: type[2]!, samples: [] };
    while (i < lines.length && !lines[i]!.startsWith('#')) family.samples.push(readSample(lines[i++]!));
    checkFamily(current, family);
    families.set(current, family);
  }
  return families;
}

function readSample(line: string): TextSample {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0];
  if (name === undefined) throw new Error(`expected a sample: ${line}`);
  let at = name.length;
  const labels: Record<string, string> = {};
  if (line[at] === '{') {
    at += 1;
    while (line[at] !== '}') {
      const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="/.exec(line.slice(at))?.[1];
      if (label === undefined || label in labels) throw new Error(`bad label at ${at}: ${line}`);
      at += label.length + 2;
      let raw = '';
      while (line[at] !== '"') {
        if (line[at] === undefined) throw new Error(`label without end: ${line}`);
        if (line[at] === '\\') raw += line[at++];
        raw += line[at++];
      }
      at += 1;
      labels[label] = unescaped(raw, '\\n"');
      if (line[at] === ',') at += 1;
      else if (line[at] !== '}') throw new Error(`expected , or }: ${line}`);
    }
    at += 1;
  }
  const value = /^ ([+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN)$/.exec(line.slice(at))?.[1];
  if (value === undefined) throw new Error(`expected a number: ${line}`);
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) };
}

function unescaped(text: string, allowed: string): string {
  return text.replace(/\\(.?)/gs, (sequence, character: string) => {
    if (character === '' || !allowed.includes(character))
      throw new Error(`bad escape ${sequence} in ${text}`);
    return character === 'n' ? '\n' : character;
  });
}

function checkFamily(name: string, { type, samples }: TextFamily): void {
  const series = samples.map((sample) => JSON.stringify([sample.name, Object.entries(sample.labels).sort()]));
  if (new Set(series).size < series.length) throw new Error(`a series of ${name} comes twice`);
  if (type !== 'histogram') {
    for (const sample of samples) if (sample.name !== name) throw new Error(`${sample.name} within ${name}`);
    if (type === 'counter' && samples.some((s) => !(s.value >= 0))) throw new Error(`${name} is negative`);
    return;
  }
  for (const [labels, parts] of Map.groupBy(samples, seriesOf)) {
    const buckets = parts.filter((part) => part.name === `${name}_bucket`);
    const counts = parts.filter((part) => part.name === `${name}_count`);
    const sums = parts.filter((part) => part.name === `${name}_sum`);
    if (counts.length !== 1 || sums.length !== 1 || buckets.length + 2 !== parts.length)
      throw new Error(`${name}${labels} needs one sum, one count and else buckets`);
    const bounds = buckets.map((bucket) => Number(bucket.labels.le?.replace('Inf', 'Infinity')));
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY) throw new Error(`${name}${labels} has no +Inf`);
    if (buckets.at(-1)!.value !== counts[0]!.value)
      throw new Error(`${name}${labels}: +Inf is not the count`);
    for (let i = 1; i < buckets.length; i += 1)
      if (!(bounds[i]! > bounds[i - 1]!) || buckets[i]!.value < buckets[i - 1]!.value)
        throw new Error(`buckets of ${name}${labels} are not cumulative`);
  }
}

function seriesOf({ labels }: TextSample): string {
  return JSON.stringify(Object.entries(labels).filter(([label]) => label !== 'le'));
}
