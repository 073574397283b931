/**
 * A tenant: an isolated space of series, rules, limits and tokens.
 */
import { MonError } from './error.ts';

declare const tenantBrand: unique symbol;
export type TenantId = string & { readonly [tenantBrand]: true };

export const TENANT_LENGTH_MAX = 150;
export const DEFAULT_TENANT = 'default' as TenantId;

/**
 * Checks a tenant's name: 1 to 150 of letters, digits and `!-_.*'()`, neither `.` nor `..`.
 *
 * @throws MonError `bad-tenant`
 */
export function tenantId(name: string): TenantId {
  if (/^[A-Za-z0-9!\-_.*'()]{1,150}$/.test(name) && name !== '.' && name !== '..') {
    return name as TenantId;
  }
  throw new MonError({
    code: 'bad-tenant',
    what: `Cannot use ${JSON.stringify(name.slice(0, 200))} as a tenant`,
    why: `a tenant is 1 to ${TENANT_LENGTH_MAX} of letters, digits and !-_.*'(), not . or ..`,
    mend: 'Correct the X-Scope-OrgID header or the --tenant flag.',
  });
}
