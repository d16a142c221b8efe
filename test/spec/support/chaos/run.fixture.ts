/**
 * How the specs run, set by `npm run test:spec:chaos`. In an ordinary run there is nothing of this, and workflows are
 * served by applications in the test's own process.
 */
const env = process.env;

/** What the moments of the kills are drawn from. */
export const seed: string | undefined = env['GROUND_CONTROL_CHAOS_SEED'];

/** Whether the workers are processes of their own, which are killed. */
export const isChaos: boolean = seed !== undefined;

/** The folder of the whole run: where the rehearsal leaves its points, and every test its kills. */
export const runFolder: string = env['GROUND_CONTROL_CHAOS_FOLDER'] ?? '';

/** Whether nobody is killed yet: the run that counts at how many points each test could be killed. */
export const isRehearsal: boolean = env['GROUND_CONTROL_CHAOS_REHEARSAL'] === '1';
