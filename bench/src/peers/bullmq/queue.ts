/** The one queue of all jobs. */
export const QUEUE = 'bench';
