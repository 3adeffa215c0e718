/**
 * What a goal that is not met runs into, by section and goal: what a profile says, what a system call costs, or a
 * peer's own figure. It stands beside the goal for as long as that is not met.
 */
export const LIMITS: Record<string, Record<string, string>> = {};
