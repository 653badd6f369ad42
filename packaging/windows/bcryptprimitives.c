/* The one function of bcryptprimitives.dll that Rust's standard library needs, for a Wine that does not have that library (Wine 8).
 * SystemFunction036 is the name under which advapi32.dll exports RtlGenRandom. Never ship this: Windows has the real one. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    while (length > 0) {
        ULONG part = length > 0x10000000 ? 0x10000000 : (ULONG)length;
        if (!SystemFunction036(buffer, part))
            return FALSE;
        buffer += part;
        length -= part;
    }
    return TRUE;
}
