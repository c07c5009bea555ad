/** The icons of the live view's buttons. */

const FILLED = {
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  resume: "M4 2.5v11l9-5.5z",
  stop: "M3.5 3.5h9v9h-9z",
} as const;

const DRAWN = {
  checkpoint: "M4 2.500h8v11l-4-3-4 3z",
  output: "M2.500 3.500h11v9h-11zM4.500 6.500l2 1.500-2 1.500M8 10h3",
  log: "M3 2v11.5h11M6 3.500c.3 5 2.200 7 7.500 7.500",
  download: "M8 2v7.500M4.500 6.500L8 10l3.500-3.500M2.500 13.500h11",
  larger: "M9.500 2.500h4v4M13.500 2.500L9 7M6.500 13.500h-4v-4M2.500 13.500L7 9",
  curves: "M2 3v10.500h12M4 10.500c2-6 5-3 9.500-6",
  predictions: "M2.500 2.500h11v11h-11zM2.500 8h11M8 2.500v11M4 4l2.500 2.500M9.500 9.500L12 12",
  layers: "M8 2l6 3-6 3-6-3zM2 8l6 3 6-3M2 11l6 3 6-3",
  data: "M2.500 4c0-2 11-2 11 0v8c0 2-11 2-11 0zM2.500 4c0 2 11 2 11 0M2.500 8c0 2 11 2 11 0",
  smaller: "M13 7H9V3M9 7l4.500-4.500M3 9h4v4M7 9l-4.500 4.500",
} as const;

export type IconName = keyof typeof FILLED | keyof typeof DRAWN;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="kw-icon" viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
      {name in FILLED ? (
        <path d={FILLED[name as keyof typeof FILLED]} fill="currentColor" />
      ) : (
        <path
          d={DRAWN[name as keyof typeof DRAWN]}
          fill="none"
          stroke="currentColor"
          stroke-width="1.5"
        />
      )}
    </svg>
  );
}
