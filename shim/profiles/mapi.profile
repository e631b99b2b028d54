# With the MAPI tables: buffers, which are linked to their first one, and counted initialisation.
kind "MAPI buffer" class=buffer release=MAPIFreeBuffer
kind MAPIInitialize class=other counted=thread
kind ScInitMapiUtil class=other counted=thread
kind MAPIInitIdle class=other counted
kind OpenIMsgSession class=other counted=thread
kind "idle routine" class=other

acquire MAPIAllocateBuffer "MAPI buffer" handle=out2 size=arg1 ok=zero call=outermost
acquire MAPIAllocateMore "MAPI buffer" handle=out3 size=arg1 parent=arg2 ok=zero call=outermost
resize MAPIReallocateBuffer "MAPI buffer" from=arg1 handle=out3 size=arg2 ok=zero call=outermost
# (First what a call handed out: it goes with its memory.)
kind buffer class=returned release=MAPIFreeBuffer
release MAPIFreeBuffer buffer call=outermost
release FreeProws buffer handle=rows1
release FreePadrlist buffer handle=rows1
release MAPIFreeBuffer "MAPI buffer" call=outermost refuses
release FreeProws "MAPI buffer" handle=rows1
release FreePadrlist "MAPI buffer" handle=rows1

acquire MAPIInitialize MAPIInitialize handle=none ok=zero
release MAPIUninitialize MAPIInitialize handle=none
acquire ScInitMapiUtil ScInitMapiUtil handle=none ok=zero
release DeinitMapiUtil ScInitMapiUtil handle=none
acquire MAPIInitIdle MAPIInitIdle handle=none ok=zero
release MAPIDeinitIdle MAPIInitIdle handle=none
acquire OpenIMsgSession OpenIMsgSession handle=none ok=zero
release CloseIMsgSession OpenIMsgSession handle=none
acquire FtgRegisterIdleRoutine "idle routine"
release DeregisterIdleRoutine "idle routine"

# Buffers that calls hand out, by what is in them. (Which parameters those are say the tables.)
returns *::GetProps 4 "property array"
returns *::QueryDefaultMessageOpt 4 "property array"
returns *::QueryDefaultRecipOpt 4 "property array"
returns HrGetOneProp 3 "property array"
returns *::GetPropList 2 "property tag array"
returns *::GetIDsFromNames 4 "property tag array"
returns *::GetNamesFromIDs 1 "property tag array"
returns *::QueryColumns 2 "property tag array"
returns *::HrGetPropAccess 1 "property tag array"
returns GetAttribIMsgOnIStg 3 "property attribute array"
returns *::SetProps 3 "problem array"
returns *::DeleteProps 2 "problem array"
returns *::CopyTo 9 "problem array"
returns *::CopyProps 7 "problem array"
returns *::DoCopyTo 11 "problem array"
returns *::DoCopyProps 9 "problem array"
returns *::HrAddObjProps 2 "problem array"
returns *::GetLastError 3 MAPIERROR
returns IMSProvider::Logon 10 MAPIERROR
returns IMSProvider::SpoolerLogon 10 MAPIERROR
returns IABProvider::Logon 7 MAPIERROR
returns IXPProvider::TransportLogon 5 MAPIERROR
returns *::QueryRows 3 "row set"
returns *::ExpandRow 5 "row set"
returns *::GetSearchPath 2 "row set"
returns HrQueryAllRows 6 "row set"
returns *::Address 3 "address list"
returns *::GetReceiveFolder 4 "entry ID"
returns *::QueryIdentity 2 "entry ID"
returns *::GetDefaultDir 2 "entry ID"
returns *::GetPAB 2 "entry ID"
returns *::NewEntry 8 "entry ID"
returns *::CreateOneOff 6 "entry ID"
returns *::CreateStoreEntryID 5 "entry ID"
returns *::CreateNewsgroupNameEntryID 3 "entry ID"
returns *::EntryIDFromSourceKey 6 "entry ID"
returns *::WrapStoreEntryID 4 "entry ID"
returns *::InboundMsgHook 6 "entry ID"
returns *::OutboundMsgHook 6 "entry ID"
returns WrapStoreEntryID 6 "entry ID"
returns HrComposeEID 7 "entry ID"
returns HrDecomposeEID 5 "entry ID"
returns HrDecomposeEID 7 "entry ID"
returns HrEntryIDFromSz 3 "entry ID"
returns *::GetNamesFromIDs 5 names
returns *::EnumAdrTypes 3 "address types"
returns *::GetReceiveFolder 5 "message class"
returns *::GetSearchCriteria 2 "search criteria"
returns *::GetSearchCriteria 3 "search criteria"
returns *::QuerySortOrder 1 "sort order"
returns *::GetCollapseState 5 "collapse state"
returns *::CalcFormPropSet 2 "form property array"
returns *::CalcFormPropSet 3 "form property array"
returns *::CalcVerbSet 2 "verb array"
returns *::ResolveMultipleMessageClasses 3 "form array"
returns *::ResolveMultipleMessageClasses 4 "form array"
returns *::SelectMultipleForms 6 "form array"
returns *::GetDisplay 2 text
returns HrSzFromEntryID 3 text
returns ScCreateConversationIndex 4 "conversation index"
# Simple MAPI says its errors as small positive numbers.
returns MAPIAddress 11 recipients ok=zero
returns MAPIResolveName 6 recipients ok=zero
returns MAPIReadMail 6 message ok=zero

# How many may be open at a time: a user's sessions (KB842022); a session's objects (KB830829, the defaults
# since Service Pack 1: of streams it were 50 before, and folders' and messages' views count each by itself);
# stores in a process (Q260141). Servers can be told otherwise: a line of yours replaces one of these.
budget IMAPISession 32 per=process "sessions open for one user"
budget IMessage 250 per=session "open messages per session"
budget IMAPIFolder 500 per=session "open folders per session"
budget IAttach 500 per=session "open attachments per session"
budget IMAPITable 500 per=session "open views (tables) per session"
budget IStream 250 per=session "open streams per session"
budget IMsgStore 255 per=process "open message stores per process"

# COM's way in: the class object, and from it what CreateInstance makes (CDOEXM's objects).
opens DllGetClassObject out=3 iid=2 default=IClassFactory
opens CoCreateInstance out=5 iid=4
opens CoGetClassObject out=5 iid=4 default=IClassFactory
