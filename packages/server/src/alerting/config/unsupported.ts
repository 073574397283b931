/**
 * Keys of Alertmanager's configuration that mon does not carry out yet: each use is a mistake with
 * its line, since silently leaving out a part of alerting would be worse.
 */
import type { Field } from '@mon/storage/settings/schema';

/** @param what "inhibit_rules are" */
export function unsupported(what: string): Field<null> {
  return {
    presence: 'default',
    value: null,
    schema: {
      expects: 'nothing',
      read(at) {
        if (at.items?.length === 0) return null;
        return at.mistake(`${what} not supported yet`, 'remove it');
      },
    },
  };
}
