-- events --
ALTER TABLE events DELETE
WHERE project_id = {project:UInt32} AND conversation_id IN {conversations:Array(String)} AND kind != 'erasure'

-- turns --
ALTER TABLE turns DELETE
WHERE project_id = {project:UInt32} AND conversation_id IN {conversations:Array(String)}

-- rejects --
ALTER TABLE rejects DELETE
WHERE project_id = {project:UInt32} AND conversation_id IN {conversations:Array(String)}

-- rows --
ALTER TABLE {{table}} DELETE
WHERE conversation_id IN {conversations:Array(String)} AND is_deleted = 0
