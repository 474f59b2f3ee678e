/** The libraries of Windows that functions are bound from. */
export const KERNEL32 = 'kernel32.dll';
export const NTDLL = 'ntdll.dll';
export const WS2_32 = 'ws2_32.dll';
