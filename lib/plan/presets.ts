import type { Performance } from './plan';

/** What a plan gets where neither it nor a preset says otherwise; the specification's `PerformanceConfig`, and more. */
export const PERFORMANCE_DEFAULTS = {
  maxMemoryMB: undefined,
  batchSize: 50,
  cacheTTLSeconds: 3600,
  enableCaching: true,
  throttleOnMemory: true,
  memoryThresholdPercent: 80,
  throttleOnCpu: false,
  cpuThresholdPercent: 80,
  throttleOnIo: false,
  ioThresholdPercent: 60,
} as const satisfies Performance;

export interface Preset {
  readonly maxWorkers: number;
  readonly performance: Partial<Performance>;
}

/** The specification's "Scale-Specific Tuning". */
export const PRESETS = {
  small: { maxWorkers: 2, performance: { batchSize: 10, maxMemoryMB: 512 } },
  medium: { maxWorkers: 4, performance: { batchSize: 25, maxMemoryMB: 1024 } },
  large: { maxWorkers: 8, performance: { batchSize: 50, maxMemoryMB: 2048 } },
  'very-large': { maxWorkers: 16, performance: { batchSize: 100, maxMemoryMB: 4096, cacheTTLSeconds: 7200 } },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS | 'auto';

/** The preset of that name; `auto` goes by the number of items: below 20, 20–49, 50–99, from 100 on. */
export function presetFor(name: PresetName | undefined, items: number): Preset | undefined {
  if (name !== 'auto') return name === undefined ? undefined : PRESETS[name];
  return PRESETS[items < 20 ? 'small' : items < 50 ? 'medium' : items < 100 ? 'large' : 'very-large'];
}
