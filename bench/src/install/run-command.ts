import { execFile } from 'node:child_process';
import { basename } from 'node:path';

export interface CommandOptions {
  directory: string;
  timeoutMs: number;
  env?: NodeJS.ProcessEnv | undefined;
}

const OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024;
const MAX_REASON_LINES = 6;

/** Runs a program and returns what it printed. @throws Error with what it complained of */
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
      const late = error.killed === true;
      const reason = late
        ? `took longer than ${options.timeoutMs / 1000} s`
        : `failed: ${complaints(stderr, stdout)}`;
      reject(new Error(`${basename(file)} ${reason}`, { cause: error }));
    });
  });
}

/** The first lines that speak of an error, or else the last ones of all. */
function complaints(stderr: string, stdout: string): string {
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => /\berror\b|^E:/i.test(line)).slice(0, MAX_REASON_LINES);
  return (errors.length > 0 ? errors : lines.slice(-MAX_REASON_LINES)).join('\n');
}
