import type { NatsConnection } from '@nats-io/nats-core';
import { MAX_VALUE_BYTES } from '@ground-control/protocol';
import { type DurabilityFacts, gatherDurability, type JournalStreamFacts } from './durability-facts.js';

/** The oldest nats-server whose JetStream has all that the journal is built on. */
export const MINIMUM_SERVER_VERSION = '2.14.4';

/** The message limit below which a single value of the largest size does not fit, in bytes. */
export const MINIMUM_MAX_PAYLOAD: number = 2 * MAX_VALUE_BYTES;

/** Something that endangers what was acknowledged, or the service. */
export interface DurabilityFinding {
  /** `error`: what is acknowledged may be lost without a fault. `warning`: by a fault, or the service suffers. */
  severity: 'error' | 'warning';
  /** The setting that is meant, as nats-server or Ground Control calls it. */
  setting: string;
  /** What it is. */
  found: string;
  /** What that means, and what to do. */
  message: string;
  /** The streams that it is about; none when it is about the server. */
  streams: string[];
}

interface ServerRule extends Pick<DurabilityFinding, 'severity' | 'setting' | 'message'> {
  /** What is found where the rule is broken. */
  breach(facts: DurabilityFacts): string | undefined;
}

interface JournalRule extends Pick<DurabilityFinding, 'severity' | 'setting' | 'message'> {
  breach(journal: JournalStreamFacts, facts: DurabilityFacts): string | undefined;
}

const SERVER_RULES: readonly ServerRule[] = [
  {
    severity: 'error',
    setting: 'nats-server',
    message: `Older servers lack what the journal is built on. Install nats-server ${MINIMUM_SERVER_VERSION} or later.`,
    breach: ({ serverVersion }) =>
      isOlder(serverVersion, MINIMUM_SERVER_VERSION) ? `version ${serverVersion}` : undefined,
  },
  {
    severity: 'warning',
    setting: 'max_payload',
    message:
      'Large values are refused, and batches are small. Set max_payload: 8MB in the configuration of nats-server.',
    breach: ({ maxPayloadBytes }) =>
      maxPayloadBytes < MINIMUM_MAX_PAYLOAD ? `${maxPayloadBytes} bytes` : undefined,
  },
];

const JOURNAL_RULES: readonly JournalRule[] = [
  {
    severity: 'warning',
    setting: 'storage',
    message: 'Everything is lost when nats-server restarts. Use storage "file" for anything but tests.',
    breach: ({ storage }) => (storage === 'memory' ? 'memory' : undefined),
  },
  {
    severity: 'error',
    setting: 'persist_mode',
    message: 'Appends are acknowledged before they are written. A journal needs persist_mode "default".',
    breach: ({ asynchronous }) => (asynchronous ? 'async' : undefined),
  },
  {
    severity: 'error',
    setting: 'limits',
    message:
      'What is old is dropped, and no journal can be replayed without it. Take the limits off the streams.',
    breach: (journal) => (dropsOld(journal) ? journal.limits.join(', ') : undefined),
  },
  {
    severity: 'warning',
    setting: 'limits',
    message: 'When a limit is reached, nothing more is accepted. Take the limits off the streams.',
    breach: (journal) =>
      journal.limits.length > 0 && !dropsOld(journal) ? journal.limits.join(', ') : undefined,
  },
  {
    severity: 'warning',
    setting: 'deny_delete',
    message: 'Messages may be deleted from the journals by mistake. Set deny_delete on the streams.',
    breach: ({ deletable }) => (deletable ? 'false' : undefined),
  },
  {
    severity: 'warning',
    setting: 'replicas',
    message: 'The journals are gone with one server of the cluster. Use 3 replicas.',
    breach: ({ replicas }, { clustered }) => (clustered && replicas === 1 ? '1' : undefined),
  },
  {
    severity: 'warning',
    setting: 'replicas',
    message: 'An even number outlives no more servers than one less. Use an odd number.',
    breach: ({ replicas }) => (replicas % 2 === 0 ? String(replicas) : undefined),
  },
  {
    severity: 'warning',
    setting: 'replicas',
    message: 'Fewer servers than configured have all of the journals. Look after the others.',
    breach: ({ replicas, currentReplicas }) =>
      currentReplicas < replicas ? `${currentReplicas} of ${replicas} up to date` : undefined,
  },
];

/**
 * Looks at what keeps the journals of a namespace, which must be open. Whether each message is synced (`sync_interval:
 * always`) cannot be seen from outside.
 *
 * @throws JournalUncertainError when the server does not answer
 */
export async function checkDurability(
  connection: NatsConnection,
  namespace: string,
  partitions: number,
): Promise<DurabilityFinding[]> {
  return judgeDurability(await gatherDurability(connection, namespace, partitions));
}

/** What of these facts endangers what was acknowledged, or the service. */
export function judgeDurability(facts: DurabilityFacts): DurabilityFinding[] {
  return [
    ...SERVER_RULES.flatMap((rule) => judgeServer(rule, facts)),
    ...JOURNAL_RULES.flatMap((rule) => judgeJournals(rule, facts)),
  ];
}

function judgeServer({ breach, ...rule }: ServerRule, facts: DurabilityFacts): DurabilityFinding[] {
  const found = breach(facts);
  return found === undefined ? [] : [{ ...rule, found, streams: [] }];
}

/** One finding for all the streams that break a rule: a namespace has many that are alike. */
function judgeJournals({ breach, ...rule }: JournalRule, facts: DurabilityFacts): DurabilityFinding[] {
  const breaches = facts.journals.flatMap((journal) => {
    const found = breach(journal, facts);
    return found === undefined ? [] : [{ stream: journal.stream, found }];
  });
  if (breaches.length === 0) return [];
  const found = [...new Set(breaches.map((each) => each.found))].join('; ');
  return [{ ...rule, found, streams: breaches.map(({ stream }) => stream) }];
}

/** Only the size of one message is no limit that older messages are dropped for; an age is one however it is reached. */
function dropsOld({ limits, discards }: JournalStreamFacts): boolean {
  const dropping = discards === 'old' ? limits.filter((limit) => limit !== 'max_msg_size') : [];
  return limits.includes('max_age') || dropping.length > 0;
}

/** A pre-release is older than its release; what is no version counts as new. */
function isOlder(version: string, minimum: string): boolean {
  const [release = '', preRelease] = version.split('-');
  const difference = compareNumbers(release, minimum);
  return difference < 0 || (difference === 0 && preRelease !== undefined);
}

function compareNumbers(left: string, right: string): number {
  const others = right.split('.').map(Number);
  const differences = left.split('.').map((number, index) => Number(number) - (others[index] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}
