"""Work for other machines, on NATS JetStream: a gateway asks (``work_bus``), a worker does it (``work_server``).

Tasks wait in the stream WORK, in one queue for each kind and lane. Results are kept in the stream DONE, the last one of
each task, until two minutes after their gateway has received them, and for ten minutes at most. A task is run at least
once and answered once: a worker holds it by a lease that it renews while it works, stores the result, and only then
removes the task from the queue.
"""
