import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metricsText } from '../../lib/report/metrics-text';
import { readTails } from '../../lib/report/tails';
import { writeReport } from '../../lib/report/write';
import { failed, fullReport, gate, report } from './sample';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lex-pr-report-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('writeReport', () => {
  it('writes report and metrics into a folder that it makes, and leaves nothing else there', async () => {
    const into = join(folder, 'new/out');
    const { json, markdown } = await writeReport(into, fullReport(), new Map());
    expect(JSON.parse(readFileSync(json, 'utf8'))).toEqual(fullReport());
    expect(readFileSync(markdown, 'utf8')).toMatch(/^# Merged 2 of 6/);
    expect(readFileSync(join(into, 'metrics.prom'), 'utf8')).toBe(metricsText(fullReport()));
    expect(readdirSync(into).sort()).toEqual(['metrics.prom', 'report.json', 'report.md']);
  });

  it('replaces the files of an earlier run', async () => {
    await writeReport(folder, fullReport(), new Map());
    const { json } = await writeReport(folder, report([]), new Map());
    expect(JSON.parse(readFileSync(json, 'utf8')).items).toEqual([]);
  });

  it('leaves no temporary file behind where it cannot write', async () => {
    mkdirSync(join(folder, 'report.json'));
    await expect(writeReport(folder, report([]), new Map())).rejects.toThrow();
    expect(readdirSync(folder).sort()).toEqual(['metrics.prom', 'report.json', 'report.md']);
  });
});

describe('readTails', () => {
  const failing = (log: string | null) =>
    report([failed('x', 'gate-failed: x', { gates: [gate({ status: 'fail', log })] })]);

  it('reads the last 20 lines of the logs of failed gates', async () => {
    writeFileSync(join(folder, 'a.log'), Array.from({ length: 5000 }, (_, i) => `line ${i}\n`).join(''));
    const tails = await readTails(folder, failing('a.log'));
    const lines = tails.get('a.log')!.split('\n');
    expect(lines).toEqual(Array.from({ length: 20 }, (_, i) => `line ${4980 + i}`));
  });

  it('reads a bounded part of a line that has no end', async () => {
    writeFileSync(join(folder, 'a.log'), 'x'.repeat(1 << 20));
    expect((await readTails(folder, failing('a.log'))).get('a.log')!.length).toBeLessThanOrEqual(8192);
  });

  it('leaves out logs that are gone, gates without one, and gates that passed', async () => {
    expect(await readTails(folder, failing('gone.log'))).toEqual(new Map());
    expect(await readTails(folder, failing(null))).toEqual(new Map());
    writeFileSync(join(folder, 'ok.log'), 'fine\n');
    const passed = report([failed('x', 'conflict: y', { gates: [gate({ log: 'ok.log' })] })]);
    expect(await readTails(folder, passed)).toEqual(new Map());
  });

  // Gates can reach the folder, and a run that has landed is not to fail, or wait for ever, by what one leaves there.
  it('leaves out what is no log', async () => {
    mkdirSync(join(folder, 'folder.log'));
    execFileSync('mkfifo', [join(folder, 'pipe.log')]);
    writeFileSync(join(folder, 'file'), 'x');
    symlinkSync('file', join(folder, 'link.log'));
    for (const log of ['folder.log', 'pipe.log', 'file/below.log', 'link.log'])
      expect(await readTails(folder, failing(log))).toEqual(new Map());
  });
});
