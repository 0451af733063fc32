/** Somebody whose steps are interleaved with those of others, and who may die between any two of them. */
export interface Actor {
  readonly name: string;
  alive: boolean;
}

interface Step {
  readonly actor: Actor;
  readonly what: string;
  readonly go: () => void;
}

/**
 * Decides who makes the next step, and moves the clock where nobody has one to make. Needs Jest's fake timers.
 * @param choose a number below n
 */
export class Schedule {
  private steps: Step[] = [];
  readonly log: string[] = [];

  constructor(private readonly choose: (n: number) => number) {}

  /** Where others may go first. Never returns to one that has died, unless what it has sent is on its way (`late`). */
  pause(actor: Actor, what: string, late = false): Promise<void> {
    return new Promise((go) => {
      if (actor.alive || late) this.steps.push({ actor, what, go });
    });
  }

  /** It makes no more steps; what it has sent may arrive all the same. */
  kill(actor: Actor): void {
    actor.alive = false;
    this.steps = this.steps.filter(
      (step) => step.actor !== actor || (step.what === 'push' && this.choose(2) === 0),
    );
  }

  /** Until that is so. @throws Error when that takes too long, or nobody has anything to do any more */
  async until(isOver: () => boolean): Promise<void> {
    for (let count = 0; ; count += 1) {
      await settled();
      if (isOver()) return;
      if (count === MOST) throw new Error(`no end after ${MOST} steps: ${this.log.slice(-40).join(', ')}`);
      if (this.steps.length === 0) {
        if (jest.getTimerCount() === 0) throw new Error(`everybody waits: ${this.log.slice(-40).join(', ')}`);
        jest.advanceTimersToNextTimer();
        continue;
      }
      const [step] = this.steps.splice(this.choose(this.steps.length), 1);
      this.log.push(`${step!.actor.name}: ${step!.what}`);
      step!.go();
    }
  }
}

const MOST = 20_000;

/** All that follows without anybody else has happened, also in the next turn of the event loop. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
