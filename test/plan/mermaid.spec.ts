import { mermaid } from '../../lib/plan/mermaid';
import { orderPlan } from '../../lib/plan/order';
import { item } from './plans';

describe('mermaid', () => {
  it('draws items, dependencies and the critical path', () => {
    const ordered = orderPlan({ items: [item('a'), item('b'), item('feature/c', ['a', 'b'])] });
    expect(mermaid(ordered)).toBe(
      'flowchart LR\n  n0["a"]\n  n1["b"]\n  n2["feature/c"]\n  n0 ==> n2\n  n1 --> n2\n',
    );
  });

  it.each([
    '"]; click n0 "javascript:x"',
    '`code`',
    '#quot;',
    '<b>',
    'a\u2028b',
    'end]',
    '- x',
    '1. x',
    '💥 "ä" &amp;',
  ])('draws %j as a label and nothing else', (name) => {
    const [head, node, ...rest] = mermaid(orderPlan({ items: [item(name)] })).split('\n');
    expect([head, ...rest]).toEqual(['flowchart LR', '']);
    const label = /^ {2}n0\["([\p{L}\p{N} ._/#;-]*)"\]$/u.exec(node!)![1]!;
    expect(label).not.toMatch(/^(-|\d+\.) /);
    expect(label.replace(/#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))).toBe(name);
  });
});
