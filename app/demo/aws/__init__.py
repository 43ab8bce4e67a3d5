"""An AWS on this machine whose CodeBuild really builds.

`server.LocalAWS` is all of it: one address for AWS_ENDPOINT_URL. CodeBuild and GetLogEvents are answered here, in AWS
JSON and in CBOR, and Lambda's functions; every other service and operation by a moto server behind it.

    async with LocalAWS(directory) as aws:
        aws.create_project("ci", serviceRole=…, environment=…)
        aws.send_events_to(Queue(url=await aws.create_queue("notices")))
        aws.faults.lost = 0.2
        …                          # with aws.environment in the environment, boto3 finds everything
        await aws.settled()

    aws.builds    every build by its id; aws.events: all that EventBridge was told
    aws.asked     the requests that came, aws.count("StartBuild") how many
    aws.faults    what goes wrong, see `faults.Faults`
    aws.functions what functions answer, and how their updates go, see `functions.Functions`

Builds run on the local runner (`fleets.local`), or with `LocalAWS(directory, script=…)` are only played
(`fleets.scripted.Ending`). Events go to a `bus.Queue` or a `bus.Destination`.

Left out, as nothing here asks for it: batch builds, webhooks, fleets, VPCs, caches and artifacts on S3, logs on S3,
FilterLogEvents for builds (moto answers it, and knows nothing of them). One region has CodeBuild; moto has all.
"""
