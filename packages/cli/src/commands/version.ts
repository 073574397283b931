/**
 * `mon version`: which mon, which Node, which platform.
 */
import { Command } from '@oclif/core';

export default class Version extends Command {
  static override summary = 'Print the version of mon and of what it runs on';
  static override examples = ['<%= config.bin %> version'];

  async run(): Promise<void> {
    const { version, platform, arch } = this.config;
    this.log(`mon ${version} (${platform} ${arch}, Node ${process.versions.node})`);
  }
}
