import { leaveMemory } from './memory-folder.mjs';

/** After all tests. */
export default leaveMemory;
