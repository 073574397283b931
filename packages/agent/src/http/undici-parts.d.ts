/**
 * Types of the parts of undici that the agent loads one by one: the whole of it (fetch, WebSocket,
 * cache, mocks) takes 8 MB more of the 80 that an agent may have. The version is pinned.
 */
declare module 'undici/lib/dispatcher/agent.js' {
  import { Agent } from 'undici';
  export default Agent;
}

declare module 'undici/lib/interceptor/redirect.js' {
  import type { interceptors } from 'undici';

  const redirect: typeof interceptors.redirect;
  export default redirect;
}

declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici';
  export default function request(
    this: Dispatcher,
    options: Dispatcher.RequestOptions,
  ): Promise<Dispatcher.ResponseData>;
}
