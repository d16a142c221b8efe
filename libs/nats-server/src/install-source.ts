/** One way to get a nats-server onto a machine that has none. */
export interface InstallSource {
  /** What it is called in progress lines and errors. */
  name: string;
  /**
   * Puts a nats-server below a folder that is empty and private to this call, and resolves with its path.
   * Everything else in that folder is thrown away afterwards.
   */
  fetchExecutable(directory: string): Promise<string>;
}

/** The release that is installed where the source can choose. */
export const INSTALLED_VERSION = '2.15.1';
