-- Events of sessions that ended long ago, out of the way of those under way (docs/decisions, 0044). A partition has the whole sessions
-- that began in one month (UTC), so that it can be detached, kept elsewhere and dropped.
create table archived_events
(
    month          date                   not null,   -- the first day of it
    seq_id         bigint                 not null,   -- all columns from here on as in mt_events
    id             uuid                   not null,
    stream_id      uuid                   not null,
    version        bigint                 not null,
    type           character varying(500) not null,
    timestamp      timestamptz            not null,
    correlation_id character varying,
    causation_id   character varying,
    data           jsonb                  not null,
    constraint archived_events_key primary key (seq_id, month),
    constraint archived_events_one_of_each_version unique (stream_id, version, month)
) partition by list (month);

create index archived_events_timestamp on archived_events (timestamp) include (seq_id);

-- The partition that the events of a session go to, by when it began.
create function archive_month_of(began timestamptz) returns date language sql immutable as $$
    select date_trunc('month', began at time zone 'UTC')::date
$$;

-- Whether a month has its partition.
create function archive_has(which date) returns boolean language sql volatile as $$
    select exists (
        select from pg_inherits join pg_class on pg_class.oid = inhrelid
        where inhparent = 'archived_events'::regclass
          and pg_get_expr(relpartbound, pg_class.oid) = format('FOR VALUES IN (%L)', which))
$$;

-- Makes the partition of a month where there is none: as a table of its own that is then attached, which waits for nobody who reads or
-- writes the others.
create function archive_make(which date) returns void language plpgsql as $$
declare
    name text := 'archived_events_' || to_char(which, 'YYYY_MM');
begin
    if archive_has(which) then
        return;
    end if;
    perform pg_advisory_xact_lock(5064381425340269123);
    if archive_has(which) then
        return;
    end if;
    -- One that was detached may still be there.
    while to_regclass(name) is not null loop
        name := name || '_more';
    end loop;
    execute format('create table %I (like archived_events)', name);
    execute format('alter table archived_events attach partition %I for values in (%L)', name, which);
end
$$;

-- All events, archived or not, for whoever looks with SQL of their own. Marten makes mt_events after this script.
create function archive_show() returns void language plpgsql as $$
begin
    -- Databases are prepared from several places at once.
    perform pg_advisory_xact_lock(5064381425340269123);
    if to_regclass('session_events') is not null then
        return;
    end if;
    create view session_events as
        select seq_id, stream_id, version, type, timestamp, correlation_id, causation_id, false as is_archived, data from mt_events
        union all
        select seq_id, stream_id, version, type, timestamp, correlation_id, causation_id, true, data from archived_events;
end
$$;
