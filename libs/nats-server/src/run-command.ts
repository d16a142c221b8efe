import { execFile, type ExecFileException } from 'node:child_process';
import { basename } from 'node:path';

export interface RunCommandOptions {
  env: NodeJS.ProcessEnv;
  /** The command is killed when it takes longer, in milliseconds. */
  timeoutMs: number;
  /** Where it runs; the present folder unless given. */
  workingDirectory?: string;
}

const OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Runs a program without a shell and resolves with what it printed on standard output.
 * The error of one that failed ends in the last line that it printed on standard error.
 */
export function runCommand(file: string, args: string[], options: RunCommandOptions): Promise<string> {
  const settings = {
    env: options.env,
    cwd: options.workingDirectory,
    timeout: options.timeoutMs,
    killSignal: 'SIGKILL' as const,
    maxBuffer: OUTPUT_LIMIT_BYTES,
  };
  return new Promise((resolve, reject) => {
    execFile(file, args, settings, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(describeFailure(file, error, stderr, options.timeoutMs), { cause: error }));
    });
  });
}

function describeFailure(file: string, error: ExecFileException, stderr: string, timeoutMs: number): string {
  const name = basename(file);
  if (error.code === 'ENOENT') return `${name} is not there`;
  if (error.code === 'EACCES') return `${name} may not be executed`;
  if (error.killed === true) return `${name} took longer than ${timeoutMs / 1000} s`;
  return `${name} failed: ${stderr.trim().split('\n').at(-1) || error.message}`;
}
