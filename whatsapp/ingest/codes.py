"""The numbers of the kinds of event.

Below 1000 they are neonize's (neonize 0.5.2, `neonize.events.EVENT_TO_INT`). From 1000 on they are the
hub's own: what the session asked the library for, put into the inbox like anything else.
"""

QR = 1
PAIR_STATUS = 2
CONNECTED = 3
KEEP_ALIVE_TIMEOUT = 4
KEEP_ALIVE_RESTORED = 5
LOGGED_OUT = 6
STREAM_REPLACED = 7
TEMPORARY_BAN = 8
CONNECT_FAILURE = 9
CLIENT_OUTDATED = 10
STREAM_ERROR = 11
DISCONNECTED = 12
HISTORY_SYNC = 13
NEWSLETTER_MESSAGE_META = 16
MESSAGE = 17
RECEIPT = 18
CHAT_PRESENCE = 19
PRESENCE = 20
JOINED_GROUP = 21
GROUP_INFO = 22
PICTURE = 23
IDENTITY_CHANGE = 24
PRIVACY_SETTINGS = 25
OFFLINE_SYNC_PREVIEW = 26
OFFLINE_SYNC_COMPLETED = 27
BLOCKLIST = 30
BLOCKLIST_CHANGE = 31
NEWSLETTER_JOIN = 32
NEWSLETTER_LEAVE = 33
NEWSLETTER_MUTE_CHANGE = 34
NEWSLETTER_LIVE_UPDATE = 35
CALL_OFFER = 36
CALL_ACCEPT = 37
CALL_PRE_ACCEPT = 38
CALL_TRANSPORT = 39
CALL_OFFER_NOTICE = 40
CALL_RELAY_LATENCY = 41
CALL_TERMINATE = 42
UNKNOWN_CALL_EVENT = 43
UNDECRYPTABLE = 44
ROTATE_ADV_SECRET = 45

FIRST_ANSWER = 1000
CONTACTS = 1001  # contacts in the library's store: ContactsGetAllContactsReturnFunction
GROUPS = 1002  # all groups that we are in: GetJoinedGroupsReturnFunction
CHAT_SETTINGS = 1003  # archived, pinned, muted: JSON
ADDRESSES = 1004  # pairs of phone JID and LID: JSON
ALL_BLOCKED = 1005  # the whole blocklist: Blocklist
ALL_PRIVACY = 1006  # all privacy settings: PrivacySettings
NEWSLETTERS = 1007  # all newsletters that we follow: GetSubscribedNewslettersReturnFunction
PROFILES = 1008  # about texts, business names: GetUserInfoReturnFunction
PROFILE_PICTURE = 1009  # where a picture is now: JSON
CHAT_READ = 1010  # what the hub itself has marked as read: JSON
GROUP = 1011  # one group, asked for: GroupInfo
INVITE_CODE = 1012  # a group's invite code, asked for: JSON
CHAT_MARKED = 1013  # what the hub itself has marked as unread, or not any more: JSON
STAR = 1014  # a star that the hub itself has given or taken: JSON
ABOUT = 1015  # our own about text, which the hub has changed: JSON
CALL_REJECTED = 1016  # a call that the hub itself has declined: JSON

# Events about the line itself: the session acts on them at once and they never reach the inbox.
CONNECTION_CODES = frozenset(range(QR, DISCONNECTED + 1))
