# With the MAPI tables: buffers, which are linked to their first one, and counted initialisation.
kind "MAPI buffer" class=buffer
kind MAPIInitialize class=other counted
kind ScInitMapiUtil class=other counted

acquire MAPIAllocateBuffer "MAPI buffer" handle=out2 size=arg1 ok=zero call=outermost
acquire MAPIAllocateMore "MAPI buffer" handle=out3 size=arg1 parent=arg2 ok=zero call=outermost
release MAPIFreeBuffer "MAPI buffer" call=outermost

acquire MAPIInitialize MAPIInitialize handle=none ok=zero
release MAPIUninitialize MAPIInitialize handle=none
acquire ScInitMapiUtil ScInitMapiUtil handle=none ok=zero
release DeinitMapiUtil ScInitMapiUtil handle=none

# COM's way in: the class object, and from it what CreateInstance makes (CDOEXM's objects).
opens DllGetClassObject out=3 iid=2 default=IClassFactory
opens CoCreateInstance out=5 iid=4
opens CoGetClassObject out=5 iid=4 default=IClassFactory
