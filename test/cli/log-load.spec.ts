import { logLoad } from '../../lib/cli/log-load';
import type { Logger } from '../../lib/telemetry/logger';

describe('what is logged of the load', () => {
  const warn = jest.fn();
  const load = logLoad({ warn } as unknown as Logger);

  afterEach(() => warn.mockClear());

  it('names the pressure and its threshold', () => {
    load.pressure?.onCrossing?.('cpu', true, { percent: 96.5, thresholdPercent: 10 });
    expect(warn).toHaveBeenCalledWith(
      'cpu-threshold',
      'the pressure on the processor is above its threshold of 10 %: 96.5 %',
      { above: true, percent: 96.5, thresholdPercent: 10 },
    );
  });

  it('says for how long gates were held back, to the millisecond', () => {
    load.pressure?.onRelease?.('io', 0.3036914139999999);
    load.memory?.onRelease?.(1.25, { heapUsedBytes: 1, thresholdBytes: 2 });
    expect(warn.mock.calls).toEqual([
      ['io-release', 'gates go on after 0.3 s', { seconds: 0.304 }],
      ['memory-release', 'gates go on after 1.3 s', { seconds: 1.25 }],
    ]);
  });
});
