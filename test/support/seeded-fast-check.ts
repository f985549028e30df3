import fc from 'fast-check';
import { SEED } from './seed.js';

// By default fast-check uses a new seed in each run.
fc.configureGlobal({ seed: SEED });

export default fc;
