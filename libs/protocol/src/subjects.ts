import { InvalidInputError } from './errors.js';

/** Where a message goes or came from: the typed form of a NATS subject. */
export type Address =
  | { kind: 'partition'; partition: number }
  | { kind: 'coordinators' }
  | { kind: 'announcements' }
  | { kind: 'peer'; peer: string }
  | { kind: 'journal'; partition: number };

const NAMESPACE = /^[A-Za-z0-9_-]{1,64}$/;
const SUBJECT =
  /^gc\.[A-Za-z0-9_-]{1,64}\.(?:(partition|journal)\.(\d{1,5})|(peer)\.((?:[a-z]+\.)?[A-Za-z0-9_-]+)|(coordinators|announcements))$/;

/** @throws InvalidInputError unless the namespace is 1 to 64 letters, digits, `_` or `-` */
export function assertNamespace(namespace: string): void {
  if (NAMESPACE.test(namespace)) return;
  throw new InvalidInputError(
    `namespace ${JSON.stringify(namespace)}: use 1 to 64 letters, digits, "_" or "-".`,
  );
}

/** What the subjects begin with on which a peer of the namespace hears the answers of NATS itself. */
export function inboxPrefixOf(namespace: string): string {
  return `_INBOX.gc.${namespace}`;
}

/** The NATS subject of an address. */
export function subjectOf(namespace: string, address: Address): string {
  switch (address.kind) {
    case 'partition':
    case 'journal':
      return `gc.${namespace}.${address.kind}.${address.partition}`;
    case 'peer':
      return `gc.${namespace}.peer.${address.peer}`;
    case 'coordinators':
    case 'announcements':
      return `gc.${namespace}.${address.kind}`;
  }
}

/** The address of a NATS subject, or undefined when it is none of ours. */
export function addressOf(subject: string): Address | undefined {
  const match = SUBJECT.exec(subject);
  if (!match) return undefined;
  const [, numbered, partition, peerKind, peer, plain] = match;
  if (numbered) return { kind: numbered as 'partition' | 'journal', partition: Number(partition) };
  if (peerKind && peer) return { kind: 'peer', peer };
  return { kind: plain as 'coordinators' | 'announcements' };
}
