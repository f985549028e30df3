/** The channels of the population. */
export const CHANNELS = ['lobby', 'kitchen', 'garden', 'stage'] as const;
