/**
 * GET /api/v1/status/queries: queries under way. DELETE /api/v1/admin/queries/<id>: end one.
 */
import { type Route, success } from '../http/route.ts';
import type { QueryRegister } from './query-register.ts';

export function runningQueryRoutes(register: QueryRegister): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/status/queries',
      handle: (request) => success(register.list(request.tenant)),
    },
    {
      method: 'DELETE',
      path: '/api/v1/admin/queries/:id',
      handle: (request) => success(register.kill(request.tenant, request.param('id'))),
    },
  ];
}
