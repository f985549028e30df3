import { sourcePages } from '../source-pages.js';

export default { paths: () => sourcePages() };
