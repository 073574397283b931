/**
 * `mon version`: which mon, which Node, which platform.
 */
import { MonCommand } from '../command.ts';

export default class Version extends MonCommand {
  static override summary = 'Print the version of mon and of what it runs on';
  static override description =
    'Prints the version of this command. `mon status` prints that of a running server.';
  static override examples = ['<%= config.bin %> version'];

  async run(): Promise<void> {
    await this.usage(Version);
    const { version, platform, arch } = this.config;
    this.print(`mon ${version} (${platform} ${arch}, Node ${process.versions.node})`);
  }
}
