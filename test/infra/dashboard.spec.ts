import { type Resource, resourcesOf, synthesise } from './stack';

const { template } = synthesise();
const [[, dashboard]] = resourcesOf(template, 'AWS::CloudWatch::Dashboard') as [[string, Resource]];
/** The body as CloudWatch gets it, with something in the place of what only the deployment knows. */
const body = JSON.parse(
  dashboard.Properties.DashboardBody['Fn::Join'][1]
    .map((part: unknown) => (typeof part === 'string' ? part : 'x'))
    .join(''),
);
const text = JSON.stringify(body);

describe('the dashboard', () => {
  it('is named after the stack', () => {
    expect(dashboard.Properties.DashboardName).toBe('LexPr-runs');
  });

  it.each([
    ['runs', 'run_seconds', 'SampleCount'],
    ['turnaround', 'run_seconds', 'p95'],
    ['durations of gates', 'gate_execution_seconds', 'p95'],
    ['durations of merges', 'merge_execution_seconds', 'p95'],
    ['active workers', 'active_workers', 'Maximum'],
    ['memory', 'memory_usage_bytes', 'Maximum'],
    ['hits of the cache', 'cache_hits_total', 'Sum'],
    ['throttling', 'memory_throttle_seconds_total', 'Sum'],
    ['what runs cost', 'run_cost_usd', 'Sum'],
    ['failures by reason', 'merge_failure_total', 'Sum'],
  ])('shows %s', (_, metric, statistic) => {
    const widgets = body.widgets.filter((widget: object) =>
      JSON.stringify(widget).includes(`lex_pr_${metric}`),
    );
    expect(widgets.length).toBeGreaterThan(0);
    expect(JSON.stringify(widgets)).toContain(statistic);
  });

  it('shows the state of every alarm', () => {
    const [status] = body.widgets.filter(({ type }: { type: string }) => type === 'alarm');
    const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm');
    expect(status.properties.alarms).toHaveLength(alarms.length);
  });

  it('looks at this stack only', () => {
    for (const [search] of text.matchAll(/SEARCH\('.*?'/g)) expect(search).toContain('stack=');
  });

  it('leaves no gap and no overlap in a row', () => {
    const rows = Map.groupBy<number, { x: number; y: number; width: number }>(
      body.widgets,
      ({ y }: { y: number }) => y,
    );
    for (const row of rows.values()) expect(row.reduce((sum, { width }) => sum + width, 0)).toBe(24);
  });
});
