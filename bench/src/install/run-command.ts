import { execFile } from 'node:child_process';
import { basename } from 'node:path';

export interface CommandOptions {
  directory: string;
  timeoutMs: number;
  env?: NodeJS.ProcessEnv | undefined;
}

const OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024;
const MAX_REASON_LINES = 8;

/** Runs a program and returns what it printed. @throws Error with the end of its complaints */
export function runCommand(file: string, args: string[], options: CommandOptions): Promise<string> {
  const settings = {
    cwd: options.directory,
    env: { ...process.env, ...options.env },
    timeout: options.timeoutMs,
    killSignal: 'SIGKILL' as const,
    maxBuffer: OUTPUT_LIMIT_BYTES,
  };
  return new Promise((resolve, reject) => {
    execFile(file, args, settings, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const words = (stderr.trim() || stdout.trim() || error.message)
        .split('\n')
        .slice(-MAX_REASON_LINES)
        .join('\n');
      const cause =
        error.killed === true ? `took longer than ${options.timeoutMs / 1000} s` : `failed: ${words}`;
      reject(new Error(`${basename(file)} ${args[0] ?? ''} ${cause}`));
    });
  });
}
