/**
 * Colours of pages and charts, by name, light and dark. The series are Okabe and Ito's hues, which people who see no red or no
 * green tell apart, darkened or lightened until they stand out from the page (3 to 1; text: 4.5 to 1). No series is told by colour
 * alone: dashes and symbols differ, too.
 */
export const palettes = {
  light: {
    page: '#ffffff',
    text: '#1c2024',
    muted: '#565d66',
    line: '#d5d9de',
    panel: '#f4f6f8',
    link: '#0a58a8',
    good: '#0b6b3a',
    bad: '#a8261c',
    heat: '#084f94',
    series: ['#0072b2', '#c04f00', '#00795a', '#a83279', '#7a6000', '#2c6e9b', '#53575c', '#8a2d2d'],
  },
  dark: {
    page: '#14171a',
    text: '#e6e9ec',
    muted: '#a9b1ba',
    line: '#3a4148',
    panel: '#1d2125',
    link: '#7db8f0',
    good: '#5fcf94',
    bad: '#ff8f85',
    heat: '#7cc4ff',
    series: ['#56b4e9', '#f58f3c', '#2cc298', '#e290c4', '#e3cf4a', '#9ccbe8', '#c3c8ce', '#f0a0a0'],
  },
} as const;

const dashes = ['', '6 3', '2 2', '8 3 2 3', '10 4', '4 2 1 2', '1 3', '12 3 3 3'] as const;
const symbols = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down'] as const;

/** How a series is drawn: after eight of them colours come again with other dashes. */
export function seriesStyle(number: number): {
  color: string;
  dash: string;
  symbol: (typeof symbols)[number];
} {
  const colors = palettes.light.series.length;
  return {
    color: `var(--series-${number % colors})`,
    dash: dashes[(number + Math.floor(number / colors)) % dashes.length]!,
    symbol: symbols[number % symbols.length]!,
  };
}
