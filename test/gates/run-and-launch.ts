// What a process needs to run gates: bundled for one that is killed.
export { openLauncher } from '../../lib/gates/launcher';
export { openProcessRecords } from '../../lib/gates/process-records';
export { runGate } from '../../lib/gates/run-gate';
