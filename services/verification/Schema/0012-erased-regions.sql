-- The country of numbers that were erased before it was kept beside them. A new installation has no streams yet, and no tables of them.
do $$
begin
    if to_regclass('mt_events') is null then
        return;
    end if;
    update verifications set erased_region = asked.data -> 'erased' ->> 'region'
    from mt_events asked
    where verifications.callee = 'erased' and asked.stream_id = verifications.id and asked.version = 1;
end
$$;
