import type { FramePeer } from '@ground-control/client';
import { CoordinatorUnavailableError } from '@ground-control/protocol';

type Shape = { [Key in keyof FramePeer]: FramePeer[Key] };

/**
 * A peer without a connection, for an application that is built and not run: whoever asks it anything gets an error.
 */
export function offlinePeer(namespace: string): FramePeer {
  const peer: Shape = {
    id: 'offline',
    namespace,
    status: 'closed',
    pendingRequests: 0,
    inboxPrefix: '_INBOX',
    get connection(): never {
      throw offline();
    },
    request: () => Promise.reject(offline()),
    ask: (_to, _body, handler) => handler.onFailure(offline()),
    notify: () => {},
    reply: () => {},
    listen: () => {
      throw offline();
    },
    onRequest: () => {},
    onAnnouncement: () => {},
    onError: () => {},
    onStatus: () => {},
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  return peer as FramePeer;
}

function offline(): CoordinatorUnavailableError {
  return new CoordinatorUnavailableError('The application is offline: GROUND_CONTROL_OFFLINE is set.');
}
