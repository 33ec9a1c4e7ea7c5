-- Where the events of a session are; the release before leaves both out.
alter table verifications
    add column archive_month date,   -- the partition of archived_events; null as long as they are in mt_events
    add column erased_region text;   -- of a number that was erased: its country, so that it can still be asked for by it
