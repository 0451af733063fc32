import { MemoryMonitor, type MemoryMonitorOptions } from '../performance/memory-monitor';
import { pressureReader, type ReadPressure } from '../performance/pressure';
import { PressureMonitor, type PressureMonitorOptions } from '../performance/pressure-monitor';
import { Throttle } from '../performance/throttle';
import type { Performance } from '../plan/plan';
import { PERFORMANCE_DEFAULTS } from '../plan/presets';

export interface LoadOptions {
  readonly memory?: MemoryMonitorOptions;
  readonly pressure?: PressureMonitorOptions;
  /** Default: what this system says. */
  readonly readPressure?: ReadPressure;
}

/** For how many seconds gates were held back, by what there was too little of; `any`: by one or more of them. */
export type HeldSeconds = Readonly<Record<'any' | 'memory' | 'cpu' | 'io', number>>;

/** What gates that are about to start are held back by, as the plan says. */
export interface Load {
  readonly monitor: MemoryMonitor;
  readonly throttle: Throttle;
  heldSeconds(): HeldSeconds;
}

/** @throws InputError when a limit of the memory is none */
export function watchLoad(performance: Performance, options: LoadOptions = {}): Load {
  const { memory, pressure, readPressure = pressureReader() } = options;
  const monitor = new MemoryMonitor(performance, memory);
  const watch = (resource: 'cpu' | 'io', percent: number) =>
    new PressureMonitor(resource, percent, readPressure, pressure);
  const cpu = watch('cpu', performance.cpuThresholdPercent ?? PERFORMANCE_DEFAULTS.cpuThresholdPercent);
  const io = watch('io', performance.ioThresholdPercent ?? PERFORMANCE_DEFAULTS.ioThresholdPercent);
  const strains = [
    monitor,
    ...(performance.throttleOnCpu ? [cpu] : []),
    ...(performance.throttleOnIo ? [io] : []),
  ];
  const throttle = new Throttle(strains, memory);
  return {
    monitor,
    throttle,
    heldSeconds: () => ({
      any: throttle.anyHeldSeconds(),
      memory: throttle.heldSeconds(monitor),
      cpu: throttle.heldSeconds(cpu),
      io: throttle.heldSeconds(io),
    }),
  };
}

/** What a plan asks for that this system cannot do: a sentence each. Nothing is held back for it then. */
export function unwatched(performance: Performance, readPressure: ReadPressure = pressureReader()): string[] {
  const { throttleOnCpu, throttleOnIo } = performance;
  const asked = { throttleOnCpu: throttleOnCpu && 'cpu', throttleOnIo: throttleOnIo && 'io' } as const;
  return Object.entries(asked).flatMap(([field, resource]) =>
    resource && readPressure(resource) === undefined
      ? [`${field} holds nothing back: this system does not say its pressure (/proc/pressure/${resource})`]
      : [],
  );
}
