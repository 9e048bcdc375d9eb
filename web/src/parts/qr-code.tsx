import { useMemo } from 'preact/hooks';
import qrcode from 'qrcode-generator';

/** Drawn as one path: no style of its own, dark on light in every colour scheme, with the four modules of quiet around. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const { size, path } = useMemo(() => {
    const code = qrcode(0, 'M');
    code.addData(text);
    code.make();
    const count = code.getModuleCount();
    const squares = Array.from({ length: count * count }, (_, n) => [Math.floor(n / count), n % count] as const);
    const dark = squares.filter(([row, column]) => code.isDark(row, column));
    return { size: count + 8, path: dark.map(([row, column]) => `M${column + 4} ${row + 4}h1v1h-1z`).join('') };
  }, [text]);
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
