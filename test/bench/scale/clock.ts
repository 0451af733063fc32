/** Somebody who works, waits for time to pass, or waits for others. */
export interface Actor {
  /** What it waits for; while that is nothing, it works. */
  waits: number;
}

interface Point {
  readonly at: number;
  readonly go: () => void;
}

/**
 * A time that passes only while nobody works, so that what takes long here takes no time there: a function computes as
 * long as this machine needs, and in its world services answer after the times that they are given.
 */
export class Clock {
  /** Milliseconds. */
  now = 0;
  private working = 0;
  private readonly points: Point[] = [];
  private tell = () => {};

  /** Somebody who works from now on. */
  enter(): Actor {
    this.working += 1;
    return { waits: 0 };
  }

  /** Somebody has nothing to do any more. */
  leave(actor: Actor): void {
    if (actor.waits === 0) this.stop();
  }

  /** It waits, until `resume`. */
  park(actor: Actor): void {
    actor.waits += 1;
    if (actor.waits === 1) this.stop();
  }

  resume(actor: Actor): void {
    actor.waits -= 1;
    if (actor.waits === 0) this.working += 1;
  }

  sleep(actor: Actor, ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.at(this.now + ms, () => {
        this.resume(actor);
        resolve();
      });
      this.park(actor);
    });
  }

  /** Does something at a time. */
  at(at: number, go: () => void): void {
    let child = this.points.push({ at, go }) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (this.points[parent]!.at <= at) break;
      [this.points[parent], this.points[child]] = [this.points[child]!, this.points[parent]!];
      child = parent;
    }
  }

  /** Lets time pass until something has ended. @throws Error when everybody waits for others */
  async runUntil<T>(ended: Promise<T>): Promise<T> {
    let isOver = false;
    const over = () => {
      isOver = true;
      this.tell();
    };
    ended.then(over, over);
    while (!isOver) {
      if (this.working > 0) {
        await new Promise<void>((resolve) => {
          this.tell = resolve;
        });
        continue;
      }
      const point = this.first();
      if (point === undefined) {
        // Who has left may not have ended everything yet.
        await new Promise(setImmediate);
        if (!isOver && this.working === 0 && this.points.length === 0)
          throw new Error('everybody waits for somebody else');
        continue;
      }
      this.now = Math.max(this.now, point.at);
      point.go();
    }
    return ended;
  }

  private stop(): void {
    this.working -= 1;
    if (this.working === 0) this.tell();
  }

  private first(): Point | undefined {
    const { points } = this;
    const first = points[0];
    const last = points.pop();
    if (points.length === 0 || last === undefined) return first;
    points[0] = last;
    let parent = 0;
    for (;;) {
      let least = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2])
        if (child < points.length && points[child]!.at < points[least]!.at) least = child;
      if (least === parent) return first;
      [points[parent], points[least]] = [points[least]!, points[parent]!];
      parent = least;
    }
  }
}
