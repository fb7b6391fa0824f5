"""Work for other machines, on NATS JetStream: a gateway asks (``work_bus``), a worker does (``work_server``).

Tasks lie in the stream WORK, a queue by kind and lane; results in the stream DONE, the last one of each task, until
their gateway has had them for two minutes, or for ten. A task is run at least once and answered once: a worker holds
it by a lease that it renews while it works, stores the result, and only then takes the task out of the queue.
"""
