import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LogTails, renderMarkdown } from './markdown';
import { metricsText } from './metrics-text';
import type { Report } from './report';

/**
 * Writes `report.json`, `report.md` and `metrics.prom` into the artifact folder, which is made if it is not
 * there. Each file is there whole or not at all; the JSON comes last, so that who waits for it finds all.
 * @returns the paths of the report
 */
export async function writeReport(
  folder: string,
  report: Report,
  tails: LogTails,
): Promise<{ json: string; markdown: string }> {
  await mkdir(folder, { recursive: true });
  const markdown = join(folder, 'report.md');
  const json = join(folder, 'report.json');
  await replaceFile(markdown, renderMarkdown(report, tails));
  await replaceFile(join(folder, 'metrics.prom'), metricsText(report));
  await replaceFile(json, `${JSON.stringify(report, null, 2)}\n`);
  return { json, markdown };
}

async function replaceFile(path: string, content: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
