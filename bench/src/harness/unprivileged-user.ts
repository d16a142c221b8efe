import { readFileSync } from 'node:fs';

import type { User } from './managed-process.js';

/** The user `nobody`, whom Linux reserves for processes without rights. */
const NOBODY: User = { uid: 65_534, gid: 65_534 };

/** Who shall run what refuses to run as root: undefined where this process is not root's. */
export function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const entry = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  return entry ? { uid: Number(entry[1]), gid: Number(entry[2]) } : NOBODY;
}
