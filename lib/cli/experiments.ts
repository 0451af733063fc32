/**
 * Keeps node:sqlite's warning that it is an experiment, which an older Node.js gives, off standard error: what a
 * script reads there has to be JSON lines. To be called before it is loaded.
 */
export function hideExperiments(): void {
  const emit = process.emitWarning.bind(process) as (warning: string | Error, ...rest: unknown[]) => void;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (rest[0] === 'ExperimentalWarning' && String(warning).startsWith('SQLite ')) return;
    emit(warning, ...rest);
  };
}
