/* What is offered to whom. The server decides (tests/e2e/test_access.py has every route); here is
 * kept what nobody shall be offered in vain: whatever a page does but look, and the links of one's
 * own calendars, an operator does. */
import { whoseRole } from "./api";

const LOOKS_ONLY: Record<string, true> = { viewer: true, source: true, feed: true };

export const mayDo = () => !LOOKS_ONLY[whoseRole()];
export const looksOnly = () => `Your role, ${whoseRole()}, looks only`;
export const whyNot = () => `${looksOnly()}: this is done by an operator`;
