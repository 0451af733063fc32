/**
 * A small registry of Prometheus metrics: counters, gauges and histograms with labels. Names and labels
 * follow https://prometheus.io/docs/concepts/data_model/; misuse throws a RangeError or TypeError.
 */

export type Labels<L extends string> = Readonly<Record<L, string>>;
/** A metric without labels takes none; one with labels takes all of them. */
type LabelArguments<L extends string> = [L] extends [never] ? [] : [labels: Labels<L>];

export interface Counter<L extends string = never> {
  /** @throws RangeError when `by` is negative or not finite */
  add(by: number, ...labels: LabelArguments<L>): void;
}

export interface Gauge<L extends string = never> {
  set(value: number, ...labels: LabelArguments<L>): void;
  add(by: number, ...labels: LabelArguments<L>): void;
}

export interface Histogram<L extends string = never> {
  observe(value: number, ...labels: LabelArguments<L>): void;
}

export interface CounterSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface GaugeSample extends CounterSample {
  /** The highest value it ever had; at least 0, where it starts. */
  readonly max: number;
}

export interface HistogramSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly count: number;
  readonly sum: number;
  /** The highest value observed; 0 before the first. */
  readonly max: number;
  /** How many values were at most `le`; the last is `+Inf`. */
  readonly buckets: readonly { readonly le: number | '+Inf'; readonly count: number }[];
}

/** All that is known of one metric, as plain JSON data. */
export type MetricSnapshot = { readonly help: string } & (
  | { readonly type: 'counter'; readonly values: readonly CounterSample[] }
  | { readonly type: 'gauge'; readonly values: readonly GaugeSample[] }
  | { readonly type: 'histogram'; readonly values: readonly HistogramSample[] }
);

/** By metric name, in order of registration. */
export type Snapshot = Readonly<Record<string, MetricSnapshot>>;

export class Registry {
  private readonly metrics = new Map<string, () => MetricSnapshot>();

  counter<L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> {
    const series = new Series(name, labelNames, () => ({ value: 0 }));
    this.register(name, () => ({ type: 'counter', help, values: series.samples((s) => ({ ...s })) }));
    return {
      add: (by, ...labels) => {
        if (!(by >= 0 && Number.isFinite(by)))
          throw new RangeError(`counter ${name} cannot be increased by ${by}`);
        series.at(labels[0]).value += by;
      },
    };
  }

  gauge<L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> {
    const series = new Series(name, labelNames, () => ({ value: 0, max: 0 }));
    const set = (value: number, labels: Labels<L> | undefined) => {
      if (!Number.isFinite(value)) throw new RangeError(`gauge ${name} cannot be ${value}`);
      const current = series.at(labels);
      current.value = value;
      current.max = Math.max(current.max, value);
    };
    this.register(name, () => ({ type: 'gauge', help, values: series.samples((s) => ({ ...s })) }));
    return {
      set: (value, ...labels) => set(value, labels[0]),
      add: (by, ...labels) => set(series.at(labels[0]).value + by, labels[0]),
    };
  }

  /** @param bounds upper bounds of the buckets, ascending, without `+Inf` */
  histogram<L extends string = never>(
    name: string,
    help: string,
    bounds: readonly number[],
    labelNames: readonly L[] = [],
  ): Histogram<L> {
    if (bounds.some((bound, i) => !Number.isFinite(bound) || (i > 0 && bound <= bounds[i - 1]!)))
      throw new RangeError(`buckets of ${name} must be finite and ascending`);
    if ((labelNames as readonly string[]).includes('le'))
      throw new TypeError(`histogram ${name} cannot have a label named le`);
    const series = new Series(name, labelNames, () => ({
      counts: [...bounds, Number.POSITIVE_INFINITY].map(() => 0),
      sum: 0,
      max: 0,
    }));
    this.register(name, () => ({
      type: 'histogram',
      help,
      values: series.samples(({ counts, sum, max }) => {
        let count = 0;
        const buckets = counts.map((inBucket, i) => {
          count += inBucket;
          return { le: bounds[i] ?? ('+Inf' as const), count };
        });
        return { count, sum, max, buckets };
      }),
    }));
    return {
      observe: (value, ...labels) => {
        if (!Number.isFinite(value)) throw new RangeError(`histogram ${name} cannot observe ${value}`);
        const current = series.at(labels[0]);
        const bucket = bounds.findIndex((bound) => value <= bound);
        current.counts[bucket === -1 ? bounds.length : bucket]! += 1;
        current.sum += value;
        current.max = Math.max(current.max, value);
      },
    };
  }

  snapshot(): Snapshot {
    return Object.fromEntries([...this.metrics].map(([name, read]) => [name, read()]));
  }

  private register(name: string, read: () => MetricSnapshot): void {
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) throw new TypeError(`invalid metric name: ${name}`);
    if (this.metrics.has(name)) throw new TypeError(`metric ${name} is registered twice`);
    this.metrics.set(name, read);
  }
}

/** The values of one metric, by label values. Without labels there is one from the start, so that 0 shows. */
class Series<L extends string, V> {
  private readonly byLabels = new Map<string, { labels: Readonly<Record<string, string>>; value: V }>();

  constructor(
    private readonly name: string,
    private readonly labelNames: readonly L[],
    private readonly initial: () => V,
  ) {
    for (const label of labelNames)
      if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) || label.startsWith('__'))
        throw new TypeError(`invalid label name of ${name}: ${label}`);
    if (new Set(labelNames).size < labelNames.length) throw new TypeError(`${name} has a label twice`);
    if (labelNames.length === 0) this.at(undefined);
  }

  at(labels: Labels<L> | undefined): V {
    const given: Partial<Labels<L>> = labels ?? {};
    const values = this.labelNames.map((label) => given[label]);
    if (values.some((value) => typeof value !== 'string') || Object.keys(given).length !== values.length)
      throw new TypeError(`${this.name} takes the labels ${this.labelNames.join(', ') || '(none)'}`);
    const key = JSON.stringify(values);
    const known = this.byLabels.get(key);
    if (known !== undefined) return known.value;
    const value = this.initial();
    const entries = this.labelNames.map((label, i) => [label, values[i]!] as const);
    this.byLabels.set(key, { labels: Object.fromEntries(entries), value });
    return value;
  }

  samples<S>(read: (value: V) => S): ({ labels: Readonly<Record<string, string>> } & S)[] {
    return [...this.byLabels.values()].map(({ labels, value }) => ({ labels, ...read(value) }));
  }
}
