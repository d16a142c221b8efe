import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Passes on what goes from one member to another, until they are cut off from each other. */
class Proxy {
  isCut = false;
  private readonly sockets = new Set<Socket>();

  constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {
    server.on('connection', (socket) => this.pass(socket));
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private pass(socket: Socket): void {
    if (this.isCut) return void socket.destroy();
    const far = connect(Number(this.target.port), this.target.hostname);
    for (const [one, other] of [
      [socket, far],
      [far, socket],
    ] as const) {
      this.sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}

/** Stands between the members of a cluster of nats-servers, and can cut one off from the others. */
export class RouteProxies {
  private readonly proxies: { members: [number, number]; proxy: Proxy }[] = [];

  /** @returns the URL at which `member` reaches `other` from now on */
  async between(url: string, member: number, other: number): Promise<string> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.proxies.push({ members: [member, other], proxy: new Proxy(server, new URL(url)) });
    return `nats://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Cuts a member off from the others; its clients still reach it. */
  cutOff(member: number): void {
    for (const { members, proxy } of this.proxies) if (members.includes(member)) proxy.cut();
  }

  /** Lets everybody reach everybody again. */
  heal(): void {
    for (const { proxy } of this.proxies) proxy.isCut = false;
  }

  async close(): Promise<void> {
    await Promise.all(this.proxies.map(({ proxy }) => proxy.close()));
  }
}
