import type { ReadPressure, Resource } from './pressure';
import type { Strain } from './throttle';

export interface PressureReading {
  /** Share of the last ten seconds in which some task waited for the resource, in percent. */
  readonly percent: number;
  readonly thresholdPercent: number;
}

export interface PressureMonitorOptions {
  /** The pressure crossed the threshold, upwards (`above`) or downwards. Called for crossings, not for samples. */
  readonly onCrossing?: (resource: Resource, above: boolean, reading: PressureReading) => void;
  /** Work begins to be held back. */
  readonly onThrottle?: (resource: Resource) => void;
  /** No work is held back because of it any more; for how many seconds it was. */
  readonly onRelease?: (resource: Resource, heldSeconds: number) => void;
}

/** Watches the pressure on a resource: above the threshold it is a reason to hold new work back. */
export class PressureMonitor implements Strain {
  private above = false;

  /** @param read what it cannot read counts as no pressure */
  constructor(
    readonly resource: Resource,
    private readonly thresholdPercent: number,
    private readonly read: ReadPressure,
    private readonly options: PressureMonitorOptions = {},
  ) {}

  isAbove(): boolean {
    const { thresholdPercent } = this;
    const percent = this.read(this.resource)?.avg10 ?? 0;
    const above = percent > thresholdPercent;
    if (above !== this.above) {
      this.above = above;
      this.options.onCrossing?.(this.resource, above, { percent, thresholdPercent });
    }
    return above;
  }

  onThrottle(): void {
    this.options.onThrottle?.(this.resource);
  }

  onRelease(heldSeconds: number): void {
    this.options.onRelease?.(this.resource, heldSeconds);
  }
}
