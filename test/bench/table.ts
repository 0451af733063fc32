import type { Peer, Row } from './row';

const HEAD = ['what', 'median', 'spread', 'compared with', 'target', 'holds'];

/** Rows as a Markdown table whose columns are aligned. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map(({ name, value, unit, peer, target, ok, runs }) => [
    name,
    value === null ? 'not measured' : `${value} ${unit}`,
    value === null ? '–' : `${Math.min(...runs)} – ${Math.max(...runs)}`,
    peerText(peer, unit),
    target,
    target === '–' && ok ? '–' : ok ? 'yes' : '**no**',
  ]);
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...cells.map((line) => line[column]!.length)),
  );
  const line = (texts: readonly string[], fill = ' ') =>
    `| ${texts.map((text, column) => text.padEnd(widths[column]!, fill)).join(' | ')} |`;
  return `${[
    line(HEAD),
    line(
      HEAD.map(() => ''),
      '-',
    ),
    ...cells.map((texts) => line(texts)),
  ].join('\n')}\n`;
}

function peerText(peer: Peer | null, unit: string): string {
  if (peer === null) return '–';
  if ('missing' in peer) return `${peer.name}: ${peer.missing.replace(/\s+/g, ' ').replaceAll('|', '\\|')}`;
  const own = peer.unit === unit ? '' : `, ours ${peer.own} ${peer.unit}`;
  return `${peer.name}: ${peer.value} ${peer.unit}${own}`;
}
